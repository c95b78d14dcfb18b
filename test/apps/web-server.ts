import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { phpServer } from "./packages.ts";
import type { Programs } from "./programs.ts";

/** The origin: nginx, as applications are served, and what it was asked for. */
export interface WebServer {
  readonly url: string;
  /** How many requests whose line contains the text came through the proxy until now: "GET /hello/". */
  asked(text: string): number;
}

/** nginx before something: the location blocks say before what. */
export async function startNginx(programs: Programs, port: number, locations: string): Promise<WebServer> {
  const { folder } = programs;
  const log = join(folder, "requests.log");
  const configuration = `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx-error.log;
user root;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types; default_type application/octet-stream;
  log_format line '$request'; access_log ${log} line;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  client_max_body_size 20m; fastcgi_buffers 32 32k; fastcgi_buffer_size 64k;
  server { listen 127.0.0.1:${port}; ${locations} }
}`;
  await writeFile(join(folder, "nginx.conf"), configuration);
  await programs.start(
    "nginx",
    ["nginx", "-e", `${folder}/nginx-error.log`, "-c", join(folder, "nginx.conf")],
    port,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    asked: (text) =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split("\n")
            .filter((line) => line.includes(text)).length
        : 0,
  };
}

export interface PhpSite {
  /** The folder of its files. */
  readonly root: string;
  /** The script that is asked for what is no file. */
  readonly index: string;
  /** As a regular expression of nginx, which paths are scripts. */
  readonly scripts?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** nginx and PHP before the files of an application. */
export async function startPhpSite(
  programs: Programs,
  port: number,
  { root, index, environment, scripts = String.raw`\.php$` }: PhpSite,
): Promise<WebServer> {
  const { folder } = programs;
  const socket = join(folder, "php.sock");
  await mkdir(join(folder, "sessions"), { recursive: true });
  await writeFile(
    join(folder, "php-fpm.conf"),
    `[global]
pid = ${folder}/php.pid
error_log = ${folder}/php-error.log
daemonize = no
[www]
user = root
group = root
listen = ${socket}
pm = static
pm.max_children = 4
clear_env = no
php_admin_value[session.save_path] = ${folder}/sessions
php_admin_value[error_log] = ${folder}/php-error.log
php_admin_value[memory_limit] = 256M
`,
  );
  const words = [await phpServer(), "--allow-to-run-as-root", "--fpm-config", join(folder, "php-fpm.conf")];
  await programs.start("php", words, socket, { environment });
  const locations = `
  root ${root}; index index.php;
  location / { try_files $uri $uri/ ${index}$is_args$args; }
  location ~ ${scripts} {
    include /etc/nginx/fastcgi_params;
    fastcgi_param HTTP_HOST $http_host;
    fastcgi_split_path_info ^(.+?\\.php)(/.*)?$;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_param PATH_INFO $fastcgi_path_info;
    fastcgi_pass unix:${socket};
  }`;
  return startNginx(programs, port, locations);
}
