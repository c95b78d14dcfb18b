/** Up to so many bytes a heap may grow as JavaScriptCore lets every heap grow on a machine with much memory: fourfold. */
const smallHeapBytes = 96 * 1024 * 1024;

/**
 * Settings for the garbage collector of a worker, from the machine's memory in bytes. A heap full of stored responses
 * grows by half of what lives before garbage is collected: 100,000 objects of 1 KB take 330 MB, and 640 without. A small
 * heap, as it is where little is stored, must not be collected more often for it: a pass would cost 17 % more.
 */
export function heapGrowthSettings(machineBytes: number): Record<string, string> {
  return {
    // Beyond so much memory a curve would be used, instead of what follows.
    BUN_JSC_heapGrowthFunctionThresholdInMB: "100000000",
    BUN_JSC_smallHeapRAMFraction: String(smallHeapBytes / machineBytes),
    BUN_JSC_smallHeapGrowthFactor: "4",
    BUN_JSC_mediumHeapRAMFraction: "1",
    BUN_JSC_mediumHeapGrowthFactor: "1.5",
  };
}
