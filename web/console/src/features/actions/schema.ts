/** From an action's JSON Schema to fields, and from what was typed to what the server takes. */
import type { Schema } from "../../api/views";
import { readDay, readMoment } from "../../ui/dates";

export type FieldKind =
  | "text"
  | "textarea"
  | "number"
  | "enum"
  | "date"
  | "datetime"
  | "phone"
  | "boolean";

export interface Field {
  name: string;
  kind: FieldKind;
  title: { "zh-CN": string; en: string };
  required: boolean;
  options: { value: string; "zh-CN": string; en: string }[];
  initial: string | boolean;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export type Values = Record<string, string | boolean>;
export type Fault = "missing" | "msisdn" | "number" | "range" | "too_long" | "date" | "moment";

const LONG_TEXT = 120;

/** Follow `$ref` inside the schema and take the first variant that is not null. */
function resolve(schema: Schema, root: Schema): Schema {
  const { $ref, anyOf, allOf, ...own } = schema;
  if ($ref) {
    const target = root.$defs?.[$ref.replace("#/$defs/", "")] ?? {};
    return { ...resolve(target, root), ...own };
  }
  const variant = anyOf?.find((one) => one.type !== "null") ?? allOf?.[0];
  return variant ? { ...resolve(variant, root), ...own } : schema;
}

function kindOf(schema: Schema): FieldKind {
  const widget = schema["x-widget"];
  if (widget === "phone" || schema.format === "phone") return "phone";
  if (widget === "textarea") return "textarea";
  if (schema.enum) return "enum";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.format === "date") return "date";
  if (schema.format === "date-time") return "datetime";
  return (schema.maxLength ?? 0) > LONG_TEXT ? "textarea" : "text";
}

function optionsOf(schema: Schema): Field["options"] {
  const named = (schema["x-options"] ?? {}) as Record<string, { zh?: string; en?: string }>;
  return (schema.enum ?? []).map((value) => ({
    value,
    "zh-CN": named[value]?.zh ?? value,
    en: named[value]?.en ?? value,
  }));
}

function fieldOf(name: string, raw: Schema, root: Schema): Field {
  const schema = resolve(raw, root);
  const kind = kindOf(schema);
  const zh = (schema["x-zh"] as string | undefined) ?? schema.title ?? name;
  const fallback = kind === "boolean" ? schema.default === true : String(schema.default ?? "");
  return {
    name,
    kind,
    title: { "zh-CN": zh, en: (schema["x-en"] as string | undefined) ?? zh },
    required: root.required?.includes(name) ?? false,
    options: optionsOf(schema),
    initial: fallback,
    maxLength: schema.maxLength,
    minimum: schema.minimum,
    maximum: schema.maximum,
  };
}

/** The fields of a form in the schema's order; a `const` needs nobody to type it. */
export function fieldsOf(schema: Schema): Field[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.const === undefined)
    .map(([name, property]) => fieldOf(name, property, schema));
}

export function initialValues(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.initial]));
}

/** The first thing that the server would refuse, as far as a browser can tell; null when it seems right. */
export function faultOf(field: Field, value: string | boolean | undefined): Fault | null {
  if (typeof value === "boolean") return null;
  const text = (value ?? "").trim();
  if (!text) return field.required ? "missing" : null;
  if (field.maxLength !== undefined && text.length > field.maxLength) return "too_long";
  if (field.kind === "phone" && !/^(\+?86)?1[3-9]\d{9}$|^0\d{9,11}$/.test(text.replace(/[\s-]/g, ""))) return "msisdn";
  if (field.kind === "date" && !readDay(text)) return "date";
  if (field.kind === "datetime" && !readMoment(text)) return "moment";
  if (field.kind === "number") {
    const n = Number(text);
    if (!Number.isFinite(n)) return "number";
    if ((field.minimum ?? n) > n || (field.maximum ?? n) < n) return "range";
  }
  return null;
}

function instantOf(typed: string): string {
  const local = readMoment(typed);
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** What the server takes: numbers as numbers, instants in UTC, empty optional fields left out. */
export function inputsOf(fields: readonly Field[], values: Values): Record<string, string | number | boolean> {
  const inputs: Record<string, string | number | boolean> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (typeof value === "boolean") inputs[field.name] = value;
    else if (value === undefined || !value.trim()) continue;
    else if (field.kind === "number") inputs[field.name] = Number(value);
    else if (field.kind === "date") inputs[field.name] = readDay(value);
    else if (field.kind === "datetime") inputs[field.name] = instantOf(value);
    else inputs[field.name] = value.trim();
  }
  return inputs;
}
