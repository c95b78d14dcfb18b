import { useCell } from "./cell.ts";
import { choose, theme, themes } from "./theme.ts";

const words = { system: "System", light: "Light", dark: "Dark" };

/** Light, dark, or what the system says. */
export function ThemeSwitch() {
  const chosen = useCell(theme);
  return (
    <label class="theme">
      <span class="hidden-text">Colours</span>
      <select
        value={chosen}
        onChange={({ currentTarget }) => choose(themes[currentTarget.selectedIndex] ?? "system")}
      >
        {themes.map((each) => (
          <option key={each} value={each}>
            {words[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
