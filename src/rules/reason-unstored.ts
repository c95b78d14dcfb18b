/** Why a response is not stored: these are among the reasons of rules/reason. */
export const unstored = {
  "method-not-storable": {
    clause: "RFC 9111 §3",
    sentence: "not stored: responses to this method are not kept",
  },
  "post-without-content-location": {
    clause: "RFC 9110 §9.3.3",
    sentence:
      "not stored: the response to the POST has no explicit lifetime with a Content-Location that is its target",
  },
  "request-no-store": {
    clause: "RFC 9111 §5.2.1.5",
    sentence: "not stored: the request says Cache-Control: no-store",
  },
  "response-no-store": {
    clause: "RFC 9111 §5.2.2.5",
    sentence: "not stored: the response says Cache-Control: no-store",
  },
  "response-private": {
    clause: "RFC 9111 §5.2.2.7",
    sentence: "not stored: the response says Cache-Control: private",
  },
  "request-authorization": {
    clause: "RFC 9111 §3.5",
    sentence:
      "not stored: the request has Authorization, and the response does not say public, s-maxage or must-revalidate",
  },
  "request-identity": {
    clause: null,
    sentence:
      "not stored: the request has a field that tells who sends it, such as X-Api-Key, and the response does not say public or s-maxage",
  },
  "request-sender": {
    clause: null,
    sentence:
      "not stored: the response does not say how long it is fresh, and the request has a Cookie, or another field that tells who sends it",
  },
  "set-cookie": {
    clause: "RFC 9111 §7.3",
    sentence: "not stored: the response has Set-Cookie and no explicit lifetime",
  },
  "rule-no-store": { clause: null, sentence: "not stored: a rule of the operator says store = false" },
  "rule-set-cookie": {
    clause: null,
    sentence:
      "not stored: the response has Set-Cookie, for which a rule's lifetime is not meant without force or remove-set-cookie",
  },
  "vary-any": { clause: "RFC 9111 §4.1", sentence: "not stored: Vary: * matches no later request" },
  "status-not-final": { clause: "RFC 9111 §3", sentence: "not stored: the status is not a final one" },
  "status-partial": { clause: "RFC 9111 §3.3", sentence: "not stored: the response is only a part (206)" },
  "partial-without-range": {
    clause: "RFC 9110 §15.3.7",
    sentence: "not stored: the response is of several ranges, or does not say of which one",
  },
  "partial-malformed-range": {
    clause: "RFC 9110 §14.4",
    sentence: "not stored: the response has a Content-Range that is none",
  },
  "partial-unknown-size": {
    clause: "RFC 9110 §14.4",
    sentence: "not stored: the response is a part of something whose size is not known",
  },
  "partial-wrong-length": {
    clause: "RFC 9110 §14.4",
    sentence: "not stored: the response's Content-Range and Content-Length disagree",
  },
  "partial-of-small": {
    clause: null,
    sentence: "not stored: the complete response is small, and is fetched whole in the background",
  },
  "status-not-modified": {
    clause: "RFC 9111 §3",
    sentence: "not stored: a 304 says that something else is right, and is no response to keep",
  },
  "status-conditional": {
    clause: "RFC 9110 §15.5.13",
    sentence: "not stored: a 412 or 416 answers a condition or a range of this one request",
  },
  "status-never-stored": {
    clause: "RFC 6585 §3",
    sentence: "not stored: a response with this status (421, 428, 429, 431, 511) must not be kept",
  },
  "status-not-understood": {
    clause: "RFC 9111 §5.2.2.3",
    sentence: "not stored: the response says must-understand, and its status is not one this cache knows",
  },
  "status-without-lifetime": {
    clause: "RFC 9111 §3",
    sentence: "not stored: a response with this status needs an explicit lifetime",
  },
  "no-lifetime": {
    clause: "RFC 9111 §3",
    sentence: "not stored: the response has no lifetime and no validator to ask the origin with",
  },
  "never-fresh": {
    clause: "RFC 9111 §4.2",
    sentence:
      "not stored: the response may not be reused without asking and has no validator to ask the origin with",
  },
  unframed: {
    clause: "RFC 9112 §8",
    sentence: "not stored: the body ends with the connection, so it cannot be known to be whole",
  },
  "event-stream": {
    clause: null,
    sentence: "not stored: a stream of events is of the moment, and may have no end",
  },
  "unstated-lifetime-of-stream": {
    clause: "RFC 9111 §4.2.2",
    sentence:
      "not stored: the response states neither a length nor a lifetime, so that it may be a stream without end",
  },
  "incomplete-body": {
    clause: "RFC 9111 §3.3",
    sentence: "not stored: the body ended before it was whole",
  },
  "too-large": { clause: null, sentence: "not stored: the body is larger than the cache may hold" },
  "too-many-tags": {
    clause: null,
    sentence:
      "not stored: the response bears more than 1,000 names for purging, or more than 64 KB of them, and a purge might not find it; it should bear fewer",
  },
  "store-failed": { clause: null, sentence: "not stored: the store could not write it" },
  "error-over-good": {
    clause: "RFC 9111 §4.3.3",
    sentence: "not stored: a server error does not replace a good stored response",
  },
} as const;
