import { z } from "zod";
import packageFile from "../../../package.json" with { type: "json" };
import type { Route } from "./route.ts";

/** The routes as OpenAPI 3.1 describes them, whose schemas are JSON Schema's. */
export function describeRoutes(routes: readonly Route[]): object {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  const paths = [...byPath].map(([path, its]) => [path, Object.fromEntries(its.map(operationOf))]);
  return {
    openapi: "3.1.0",
    info: {
      title: "cacheproxy",
      version: packageFile.version,
      description:
        "What can be asked of a cacheproxy that runs, by its admin.sock or over the network with --admin.",
    },
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Refusal: schemaOf(z.object({ error: z.string() }), "output") },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "Over the network; a client of the unix socket needs none.",
        },
      },
    },
  };
}

function operationOf({ method, path, summary, audience, query, body, answer }: Route): [string, object] {
  const operation = {
    summary,
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z0-9]+/gi, "-").replace(/^-$/, "")}`,
    // What the operator may open to all is said to need nothing, or the token.
    security: audience === "operator" ? [{ token: [] }] : audience === "anyone" ? [] : [{}, { token: [] }],
    ...(query === undefined ? {} : { parameters: parametersOf(query) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(body, "input") } },
          },
        }),
    responses: {
      200: { description: summary, content: contentOf(answer) },
      default: {
        description: "Why not.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Refusal" } } },
      },
    },
  };
  return [method.toLowerCase(), operation];
}

function contentOf(answer: Route["answer"]): object {
  if (typeof answer === "string") return { [answer]: {} };
  return { "application/json": { schema: schemaOf(answer, "output") } };
}

function parametersOf(query: z.ZodObject): object[] {
  return Object.entries(query.shape).map(([name, schema]) => ({
    ...{ name, in: "query" },
    required: !z.safeParse(schema, undefined).success,
    schema: schemaOf(schema, "input"),
  }));
}

/** `input`: before the schema has read it. What JSON Schema has no words for is anything. */
function schemaOf(schema: z.core.$ZodType, io: "input" | "output"): object {
  const { $schema, ...plain } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return plain;
}
