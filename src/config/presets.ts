import api from "./presets/api.toml" with { type: "text" };
import drupal from "./presets/drupal.toml" with { type: "text" };
import magento from "./presets/magento.toml" with { type: "text" };
import mediawiki from "./presets/mediawiki.toml" with { type: "text" };
import nextjs from "./presets/nextjs.toml" with { type: "text" };
import staticFiles from "./presets/static.toml" with { type: "text" };
import woocommerce from "./presets/woocommerce.toml" with { type: "text" };
import wordpress from "./presets/wordpress.toml" with { type: "text" };

/** The text of each preset, by its name: a line here for each file in presets/. */
export const presetTexts: ReadonlyMap<string, string> = new Map<string, string>([
  ["wordpress", wordpress],
  ["woocommerce", woocommerce],
  ["mediawiki", mediawiki],
  ["drupal", drupal],
  ["magento", magento],
  ["nextjs", nextjs],
  ["static", staticFiles],
  ["api", api],
]);

export const presetNames: readonly string[] = [...presetTexts.keys()];
