/** How the origin failed, and what became of the request then: these are among the reasons of rules/reason. */
export const failed = {
  "origin-refused": {
    clause: "RFC 9110 §15.6.3",
    sentence: "answered 502: the origin refused the connection",
  },
  "origin-not-found": {
    clause: "RFC 9110 §15.6.3",
    sentence: "answered 502: the origin's name could not be resolved",
  },
  "origin-untrusted": {
    clause: "RFC 9110 §4.3.4",
    sentence: "answered 502: the origin's certificate could not be verified",
  },
  "origin-timeout": {
    clause: "RFC 9110 §15.6.5",
    sentence: "answered 504: the origin did not answer in time",
  },
  "origin-broken": {
    clause: "RFC 9110 §15.6.3",
    sentence: "answered 502: the connection to the origin broke or its answer was not HTTP",
  },
  "origins-down": {
    clause: "RFC 9110 §15.6.4",
    sentence:
      "answered 503 at once: the origin failed several times in a row, and is not asked for a few seconds",
  },
  offline: {
    clause: null,
    sentence:
      "the cache is offline and asks nobody: what is stored is served, however stale; all else is answered 504",
  },
  "origin-error-of-others": {
    clause: "RFC 9110 §15.6.4",
    sentence:
      "answered 503: the origin answered those who asked for the same at the same time with server errors",
  },
  "no-descriptor": {
    clause: "RFC 9110 §15.6.4",
    sentence: "answered 503: no file descriptor was left for a connection to the origin",
  },
  "unasked-not-modified": {
    clause: "RFC 9110 §15.4.5",
    sentence: "answered 502: the origin sent a 304 to a request without conditions",
  },
  "error-no-stale-if-error": {
    clause: "RFC 5861 §4",
    sentence: "the origin's failure was passed on: nothing allows serving the stored response stale",
  },
  "error-window-passed": {
    clause: "RFC 5861 §4",
    sentence:
      "the origin's failure was passed on: the stored response has been stale for longer than stale-if-error allows",
  },
  "error-must-revalidate": {
    clause: "RFC 9111 §5.2.2.2",
    sentence:
      "the origin's failure was passed on: the stored response is stale and must-revalidate, proxy-revalidate or s-maxage forbids serving it so",
  },
  "error-no-cache": {
    clause: "RFC 9111 §5.2.2.4",
    sentence: "the origin's failure was passed on: the stored response says no-cache and was not confirmed",
  },
  "error-request": {
    clause: "RFC 9111 §5.2.1.4",
    sentence: "the origin's failure was passed on: the request asked for a confirmed response",
  },
  "error-not-covered": {
    clause: "RFC 5861 §4",
    sentence:
      "the origin's answer was passed on: stale-if-error covers only 500, 502, 503, 504 and lost connections",
  },
} as const;
