/** Hidden fields for the shop's server: filled in when their form leaves, empty without a permission. */

import { doc, win } from "./settings";

win.twinbeam.fields = (): (() => void) => {
  doc.addEventListener(
    "submit",
    ({ target }) => {
      for (const [name, value] of Object.entries(win.twinbeam.context() as Record<string, string | undefined>)) {
        // A form knows its fields by their names.
        const field = (target as unknown as Record<string, HTMLInputElement>)["twinbeam_" + name];
        if (field) field.value = value || "";
      }
    },
    true,
  );
  return () => undefined;
};
