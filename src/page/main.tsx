import { render } from "preact";
import { Shell } from "./shell.tsx";
import { apply } from "./theme.ts";

apply();
render(<Shell />, document.body);
