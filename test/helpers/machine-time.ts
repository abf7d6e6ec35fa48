/** Makes time pass `rate` times as fast for this process, its clock off by `off_ms`. */
export function setMachineTime({ rate, off_ms }: { rate: number; off_ms: number }): void {
  const { performance, Date: RealDate, setTimeout: realTimeout, setInterval: realInterval } = globalThis;
  const elapsed = performance.now.bind(performance);
  const [start, wall] = [elapsed(), RealDate.now()];
  const passed = (): number => (elapsed() - start) * rate;
  const now = (): number => Math.round(wall + off_ms + passed());
  performance.now = () => start + passed();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
  const faster = <T extends typeof realTimeout | typeof realInterval>(real: T): T =>
    new Proxy(real, {
      apply: (target, self, [task, ms = 0, ...rest]: [() => void, number?]) =>
        Reflect.apply(target, self, [task, ms / rate, ...rest]),
    });
  globalThis.setTimeout = faster(realTimeout);
  globalThis.setInterval = faster(realInterval);
}
