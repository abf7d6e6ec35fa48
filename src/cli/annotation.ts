/** A finding as a runner of GitHub shows it beside the change. */
export const annotationOf = (title: string, text: string): string =>
  `::error title=${escapeProperty(title)}::${escapeData(text)}`;

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
