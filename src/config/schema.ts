/** Everything the operator decides, as one flat object after validation. Sizes are bytes, durations milliseconds. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly origin: string;
  readonly workers: number;
  readonly grace: number;
  readonly originTimeout: number;
  readonly preserveHost: boolean;
  readonly index: string | undefined;
  readonly defaultTtl: number | undefined;
  readonly storeUnframed: boolean;
  readonly memory: number;
  readonly cacheDir: string;
  readonly disk: number;
  readonly log: "pretty" | "json" | "off";
}
