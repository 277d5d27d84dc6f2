import Type from "typebox";

/** The `name:` every kind of source has. */
export const sourceName = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,62}$",
  expects: "a source name of a-z, 0-9 and -",
  description: "What the source is called in messages, metrics and the admin interface",
});
