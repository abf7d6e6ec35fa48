// Forms of keys and tokens that whoever gives them out documents, so that they can be told from any other text. A history keeps what is
// written into it, so that what looks like one is not written. Our own table: docs/decisions/0023-secrets.md says why, and where each form is from.

/** By what it is called in a message: how its text looks. */
const FORMS: Readonly<Record<string, RegExp>> = {
  'a private key':
    /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,20000}?-----END [A-Z0-9 ]+-----)?|AGE-SECRET-KEY-1[0-9A-Z]{58}/,
  'a key of AWS':
    /\b(?:AKIA|ASIA)[2-7A-Z]{16}\b|aws.{0,20}secret.{0,20}[=:]\\?["' ]{0,4}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  'a token of GitHub': /\bgh[opusr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{70}/,
  'a token of GitLab': /\bgl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w-]{20}/,
  'a token of Slack':
    /\bxox[abeoprs]-(?:\d-)?[A-Za-z0-9]{8,80}-[\w-]{10}|\bxapp-\d-[\w-]{20}|(?:https:\/\/)?hooks\.slack\.com\/(?:services|workflows)\/T\w+\/\w+\/\w{16}/,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/,
  'a token of PyPI': /\bpypi-AgE[\w-]{50}/,
  'a key of Stripe': /\b[rs]k_live_[A-Za-z0-9]{20}/,
  'a key of OpenAI': /\bsk-(?:[\w-]{1,80})?T3BlbkFJ[\w-]{20}|\bsk-(?:proj|svcacct|admin)-[\w-]{40}/,
  'a key of Anthropic': /\bsk-ant-[\w-]{40}/,
  'a key of Google': /\bAIza[\w-]{35}(?![\w-])|\bGOCSPX-[\w-]{28}/,
  'a token of Hugging Face': /\bhf_[A-Za-z]{34}\b/,
  'a key of SendGrid': /\bSG\.[\w-]{22}\.[\w-]{43}/,
  'a token of DigitalOcean': /\bdo[opr]_v1_[0-9a-f]{64}/,
  'a token of Docker': /\bdckr_(?:pat|oat)_[\w-]{27}/,
  'a token of Shopify': /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/,
  'a token of Databricks': /\bdapi[0-9a-f]{32}/,
  'a token of Telegram': /\b\d{8,10}:AA[\w-]{33}(?![\w-])/,
  'a key of Azure': /\bAccountKey=[A-Za-z0-9+/]{86}==/,
  'a signed token (JWT)': /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{20}/,
  'a password in an address':
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#:@"'<>$*{}]{1,100}:(?!(?:pass|password|passwd|pwd|secret|token|x+)@)[^\s/?#@"'<>$*{}]{3,200}@[\w.-]/i,
};

/** What a text seems to have in it; `undefined` where nothing of it has the form of a key or token. */
export const findSecret = (text: string): string | undefined =>
  Object.entries(FORMS).find(([, form]) => hasReal(text, form))?.[0];

/** The text with what has the form of a key or token taken out. */
export function maskSecrets(text: string): string {
  return Object.entries(FORMS).reduce(
    (masked, [what, form]) =>
      masked.replaceAll(new RegExp(`(?:${form.source})[\\w+/=.-]*`, `${form.flags}g`), (found) =>
        isMadeUp(found) ? found : `[${what}]`,
      ),
    text,
  );
}

const hasReal = (text: string, form: RegExp): boolean =>
  [...text.matchAll(new RegExp(form, `${form.flags}g`))].some(([found]) => !isMadeUp(found));

/** An example, such as `ghp_xxxxxxxx…` or `AKIAIOSFODNN7EXAMPLE`. */
const isMadeUp = (found: string): boolean => /EXAMPLE|(.)\1{11}/.test(found);
