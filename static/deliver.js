// A country that is chosen shows its portals at once; without this, a button does.
"use strict";

const countries = document.querySelector("[data-country]");
if (countries) {
  countries.querySelector("button").hidden = true;
  countries.querySelector("select").addEventListener("change", () => countries.requestSubmit());
}
