// What stands on the page.
export const $ = (name) => document.getElementById(name);
export const canvas = $("picture"), stage = $("stage");
