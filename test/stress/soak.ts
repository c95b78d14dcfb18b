import { seedOf } from "./dice.ts";
import { stresses } from "./stresses.ts";

/** All stresses with one seed after another: `make soak`, and `make soak SEED=4711 ROUNDS=1` to have a failure again. */
const rounds = Number(process.env["ROUNDS"] ?? 10);
const effort = Number(process.env["EFFORT"] ?? 3);
const only = process.env["ONLY"] ?? "";
const first = seedOf(process.env);

for (let round = 0; round < rounds; round++) {
  const seed = first + round;
  for (const [name, stress] of Object.entries(stresses)) {
    if (!name.includes(only)) continue;
    const complaints = await stress(seed, effort);
    console.log(`SEED=${seed} ${complaints.length === 0 ? "good" : "WRONG"}: ${name}`);
    if (complaints.length === 0) continue;
    console.log(complaints.slice(0, 5).join("\n\n"));
    console.log(`\nmake soak ROUNDS=1 EFFORT=${effort} SEED=${seed} tries it again`);
    process.exit(1);
  }
}
