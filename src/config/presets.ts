/** Names of the rules that come with the program: presets/NAME.toml each. */
export const presetNames = ["static"];
