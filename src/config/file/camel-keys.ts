type Camel<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;
export type CamelKeys<Kebab> = { [Name in keyof Kebab as Camel<Name>]: Kebab[Name] };

/** "max-lifetime" of the file is maxLifetime of the plan: the same for every key. */
export function camelKeys<Kebab extends object>(written: Kebab): CamelKeys<Kebab> {
  const entries = Object.entries(written).map(([name, value]) => [camelCase(name), value]);
  return Object.fromEntries(entries) as CamelKeys<Kebab>;
}

/** "maxLifetime" as the file has it: "max-lifetime". */
export function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
