import { dlopen, type FFIFunction } from "bun:ffi";

const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/**
 * Functions of the C library, for what Bun has no way to. Null where this is not Linux, whose numbers and structures the
 * callers write, and where the library cannot be had: callers do without.
 */
export function openLibc<const Form extends Record<string, FFIFunction>>(form: Form) {
  if (process.platform !== "linux") return null;
  for (const library of libraries) {
    try {
      return dlopen(library, form).symbols;
    } catch {
      // The other kind of Linux.
    }
  }
  return null;
}
