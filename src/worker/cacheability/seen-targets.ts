/** Whether a target was asked for before, of late: of any number of them in a fixed memory, with a small error. */
export interface SeenTargets {
  /** Notes it, and says whether it was noted before: among the last 65,536 different ones, or as many again before those. */
  seen(name: string): boolean;
}

/** In each generation, of which there are two. */
const targetsKept = 65_536;
/** Sixteen for each target: with four of them looked at, one in 400 new ones at the most is taken for one of the others. */
const bits = targetsKept * 16;
const looks = 4;

/** Two Bloom filters (Bloom 1970): when the younger is full it takes the place of the elder, which is forgotten. */
export function createSeenTargets(): SeenTargets {
  let younger = new Uint32Array(bits / 32);
  let elder = new Uint32Array(bits / 32);
  let count = 0;

  function forgetElder(): void {
    [younger, elder] = [elder, younger];
    younger.fill(0);
    count = 0;
  }

  return {
    seen(name) {
      const first = Bun.hash.xxHash32(name, 0);
      const step = Bun.hash.xxHash32(name, 1) | 1;
      let isInYounger = true;
      let isInElder = true;
      for (let look = 0; look < looks; look += 1) {
        const place = (first + look * step) % bits;
        const [word, bit] = [place >>> 5, 1 << (place & 31)];
        if (((younger[word] ?? 0) & bit) === 0) isInYounger = false;
        if (((elder[word] ?? 0) & bit) === 0) isInElder = false;
        younger[word] = (younger[word] ?? 0) | bit;
      }
      if (!isInYounger) count += 1;
      if (count > targetsKept) forgetElder();
      return isInYounger || isInElder;
    },
  };
}
