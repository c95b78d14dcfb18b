import { remembered } from "../rules/remembered.ts";

/** What a field is about, which tells whether it may ever pass. */
type Subject =
  /** Who the client is, or how it came: a client's word is worth nothing, whatever it asks for. */
  | "client"
  /** Which host, path or file is meant: the request line says that, and the key is made of it. */
  | "target"
  /** What one part of a server tells another. */
  | "server"
  /** What is to be done with the request: passed where the answer is made for one client alone. */
  | "action";

/**
 * Fields by which some servers let themselves be told what only the proxy before them can know. One client could by
 * such a field have its own page put before all others. Each with what it says and with who reads it; "*" at its end
 * stands for the rest of a name.
 */
const claims: readonly (readonly [name: string, subject: Subject, says: string, readBy: string])[] = [
  ["forwarded", "client", "address, host and scheme", "RFC 7239: Symfony, Werkzeug, ASP.NET, Quarkus"],
  ["x-forwarded*", "client", "address, host, scheme, user", "nearly every framework; PHP reads X-Forwarded"],
  [
    "forwarded-for",
    "client",
    "address",
    "PHP: HTTP_FORWARDED_FOR in common look-ups of the client's address",
  ],
  ["x-forwarder-for", "client", "address", "PHP: a spelling that the same look-ups accept"],
  ["x-original-forwarded-for", "client", "address", "ingress-nginx"],
  ["x-real-ip", "client", "address", "nginx realip, Go's chi and gin, Express set-ups"],
  ["x-client-ip", "client", "address", "Apache mod_remoteip, Azure, Node's request-ip"],
  ["client-ip", "client", "address", "Rails RemoteIp, CodeIgniter, PHP's HTTP_CLIENT_IP"],
  ["x-cluster-client-ip", "client", "address", "Rackspace, Zeus and Stingray load balancers"],
  ["true-client-ip", "client", "address", "Akamai, Cloudflare Enterprise, Go's chi"],
  ["x-true-client-ip", "client", "address", "Akamai set-ups"],
  ["x-originating-ip", "client", "address", "Microsoft Exchange and Outlook on the web, PHP look-ups"],
  ["x-remote-ip", "client", "address", "Tornado's and Python's proxy settings, PHP look-ups"],
  ["x-remote-addr", "client", "address", "PHP and Perl set-ups in place of REMOTE_ADDR"],
  ["remote-addr", "client", "address", "the same, as a field"],
  ["x-proxyuser-ip", "client", "address", "Google's proxies, Yii's list of secure headers"],
  ["proxy-client-ip", "client", "address", "Java: WebLogic's and WebSphere's plug-ins"],
  ["wl-proxy-*", "client", "address, certificate and scheme", "Java: WebLogic's plug-in"],
  ["x-envoy-*", "client", "address, original path and upstream", "Envoy and Istio"],
  ["x-appengine-*", "client", "address, country and trusted callers", "Google App Engine"],
  ["x-azure-*", "client", "address, host and sender", "Azure Front Door"],
  ["x-nf-client-connection-ip", "client", "address", "Netlify"],
  ["x-nf-geo", "client", "country and place", "Netlify"],
  ["x-vercel-forwarded-for", "client", "address", "Vercel"],
  ["x-vercel-proxied-for", "client", "address", "Vercel"],
  ["x-vercel-ip-*", "client", "country and place", "Vercel"],
  ["fly-*", "client", "address, port and scheme", "Fly.io"],
  ["cf-connecting-*", "client", "address", "Cloudflare: WordPress plug-ins, MediaWiki, Discourse"],
  ["cf-pseudo-ipv4", "client", "address", "Cloudflare"],
  ["cf-ip*", "client", "country and place", "Cloudflare: WooCommerce reads CF-IPCountry"],
  ["cf-visitor", "client", "scheme", "Cloudflare: WordPress and Laravel set-ups"],
  ["cf-worker", "client", "the site of the caller", "Cloudflare Workers"],
  ["cloudfront-*", "client", "scheme, address, country, device", "AWS CloudFront: Rails, Drupal, Django"],
  ["fastly-*", "client", "address and scheme", "Fastly: Magento reads Fastly-SSL"],
  ["incap-client-ip", "client", "address", "Imperva"],
  ["x-sucuri-*", "client", "address and country", "Sucuri: its WordPress plug-in"],
  ["x-country-code", "client", "country", "WooCommerce's geolocation"],
  ["x-geoip-*", "client", "country and place", "nginx and Apache GeoIP set-ups"],
  ["geoip-*", "client", "country and place", "the same"],
  ["x-scheme", "client", "scheme", "ingress-nginx, WSGI set-ups, Jupyter"],
  ["x-url-scheme", "client", "scheme", "WSGI set-ups of Paste, Flask and Django, phpMyAdmin"],
  ["front-end-https", "client", "scheme", "Microsoft ISA and IIS: Yii, CodeIgniter, phpMyAdmin"],
  ["x-https", "client", "scheme", "PHP set-ups"],
  ["https", "client", "scheme", "PHP: HTTP_HTTPS in WooCommerce and osCommerce"],
  ["x-arr-*", "client", "scheme and certificate", "IIS Application Request Routing, Azure App Service"],
  ["x-ssl", "client", "scheme", "load balancers' set-ups"],
  ["x-ssl-*", "client", "certificate", "HAProxy's and nginx's usual names for client certificates"],
  ["ssl-client-*", "client", "certificate", "ingress-nginx"],
  ["client-cert", "client", "certificate", "RFC 9440, which demands this"],
  ["client-cert-chain", "client", "certificate", "RFC 9440"],
  ["x-client-cert*", "client", "certificate", "load balancers' set-ups"],
  ["x-amzn-mtls-*", "client", "certificate", "AWS Application Load Balancer"],
  ["x-amzn-oidc-*", "client", "user", "AWS Application Load Balancer"],
  ["remote-user", "client", "user", "Authelia, and what stands in for CGI's REMOTE_USER"],
  ["remote-groups", "client", "user's groups", "Authelia"],
  ["remote-name", "client", "user", "Authelia"],
  ["remote-email", "client", "user", "Authelia"],
  ["x-remote-user", "client", "user", "Jenkins, Kibana, Kubernetes's request-header authentication"],
  ["x-remote-group", "client", "user's groups", "Kubernetes's request-header authentication"],
  ["x-remote-extra-*", "client", "user", "Kubernetes's request-header authentication"],
  ["x-webauth-*", "client", "user", "Grafana's auth proxy, Gitea"],
  ["x-auth-request-*", "client", "user", "oauth2-proxy with nginx's auth_request"],
  ["x-authentik-*", "client", "user", "authentik"],
  ["x-authenticated-*", "client", "user", "Kong, OpenResty set-ups"],
  ["x-proxy-user", "client", "user", "set-ups behind single sign-on"],
  ["x-goog-authenticated-user-*", "client", "user", "Google Identity-Aware Proxy"],
  ["x-ms-client-principal*", "client", "user", "Azure App Service"],
  ["tailscale-user-*", "client", "user", "Tailscale Serve"],
  ["x-original-url", "target", "path", "IIS URL Rewrite: Symfony, Zend and Laminas"],
  ["x-rewrite-url", "target", "path", "ISAPI_Rewrite: Symfony, Zend, Yii"],
  ["x-original-uri", "target", "path", "ingress-nginx with auth_request"],
  ["x-original-host", "target", "host", "Azure Application Gateway, Yii's list of secure headers"],
  ["x-original-method", "target", "method of another request", "ingress-nginx with auth_request"],
  ["x-http-destinationurl", "target", "target", "WAP gateways"],
  ["x-http-path-override", "target", "path", "routers of API gateways"],
  ["x-override-url", "target", "path", "routers of API gateways"],
  ["x-proxy-url", "target", "target", "set-ups of HTTP proxies in PHP and Node"],
  ["x-replaced-path", "target", "path", "Traefik"],
  ["x-matched-path", "target", "path", "Next.js on Vercel"],
  ["request-uri", "target", "path", "CGI's REQUEST_URI, as a field"],
  ["x-request-uri", "target", "path", "the same"],
  ["path-info", "target", "path", "Gunicorn's forwarder headers"],
  ["script-name", "target", "prefix of the path", "Gunicorn's forwarder headers"],
  ["x-script-name", "target", "prefix of the path", "WSGI set-ups (ReverseProxied)"],
  ["x-ingress-path", "target", "prefix of the path", "Home Assistant's ingress"],
  ["base-url", "target", "prefix of every link", "set-ups of CMS"],
  ["x-base-url", "target", "prefix of every link", "set-ups of CMS"],
  ["x-host", "target", "host", "PHP and Node set-ups"],
  ["x-http-host", "target", "host", "PHP and Node set-ups"],
  ["x-http-host-override", "target", "host", "API gateways"],
  ["host-override", "target", "host", "API gateways"],
  ["x-host-override", "target", "host", "API gateways"],
  ["x-backend", "target", "upstream", "nginx and HAProxy set-ups that route by it"],
  ["x-backend-host", "target", "upstream", "nginx set-ups that route by it"],
  ["proxy", "server", "proxy for the server's own requests", "CGI's HTTP_PROXY (httpoxy, CVE-2016-5385)"],
  ["x-accel-*", "server", "file to send, where files lie", "nginx; Rack::Sendfile reads X-Accel-Mapping"],
  ["x-sendfile*", "server", "file to send", "Apache, lighttpd; Rack and Symfony read X-Sendfile-Type"],
  ["x-lighttpd-send-file", "server", "file to send", "lighttpd"],
  ["x-middleware-*", "server", "what middleware has done", "Next.js (CVE-2025-29927)"],
  ["x-invoke-*", "server", "route, query, status and error", "Next.js"],
  ["x-now-route-matches", "server", "parameters of the route", "Next.js, Nitro"],
  ["x-action-forwarded", "server", "a forwarded action", "Next.js"],
  ["x-prerender-revalidate*", "server", "that a page is to be made anew", "Next.js"],
  ["x-amz-website-redirect-location", "action", "where the object redirects", "S3 and what speaks like it"],
  ["surrogate-capability", "server", "that ESI will be processed", "Edge Architecture: Symfony, Drupal"],
  ["x-http-method", "action", "method", "Microsoft's OData servers"],
  ["x-http-method-override", "action", "method", "Rails, Symfony, Express, Google's APIs"],
  ["x-method-override", "action", "method", "Express, IBM's APIs"],
];

const exactNames = new Map(
  claims.flatMap(([name, subject]) => (name.endsWith("*") ? [] : [[name, subject]])),
);
const beginnings = claims.flatMap(([name, subject]) =>
  name.endsWith("*") ? [[name.slice(0, -1), subject] as const] : [],
);

/** What a field claims; null for a field that claims nothing. Names are lower-case, with "-" where a "_" may stand. */
export const claimOf = remembered(
  (name): Subject | null =>
    exactNames.get(name) ?? beginnings.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null,
);
