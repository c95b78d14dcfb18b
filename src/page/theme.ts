import { createCell } from "./cell.ts";

const storageName = "cacheproxy-theme";
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const ofSystem = matchMedia("(prefers-color-scheme: dark)");
export const theme = createCell<Theme>(stored());
/** How it looks now, for what the style does not reach. */
export const isDark = createCell(false);

/** From now on it looks so, in this browser. */
export function choose(chosen: Theme): void {
  theme.set(chosen);
  if (chosen === "system") localStorage.removeItem(storageName);
  else localStorage.setItem(storageName, chosen);
  apply();
}

/** What "system" stands for may change while the page is open: the style asks the browser for it. */
export function apply(): void {
  const { classList } = document.documentElement;
  classList.toggle("light", theme.value === "light");
  classList.toggle("dark", theme.value === "dark");
  isDark.set(theme.value === "system" ? ofSystem.matches : theme.value === "dark");
}

function stored(): Theme {
  const said = localStorage.getItem(storageName);
  return themes.find((each) => each === said) ?? "system";
}

ofSystem.addEventListener("change", apply);
