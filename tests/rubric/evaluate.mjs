// Evaluates a rubric's rules over documents in the conformance program's JSON, the rubric's own expressions as they are.
// stdin: {variables, expressions, rules, documents}; stdout: for each document {rule id: true, or what it found}.
import { readFileSync } from "node:fs";
import JsonFormula, { dataTypes } from "@adobe/json-formula";

const { variables, expressions, rules, documents } = JSON.parse(readFileSync(0, "utf8"));

const nothing = (found) => found === null || found === false || (Array.isArray(found) && found.length === 0);

function judge(rule, found) {
  const passed = rule.failIfMatched || rule.warnIfMatched ? nothing(found) : found === true;
  return passed || { found };
}

// A rubric's named expressions are functions over the whole document; what they are called with is `$args`.
function searching(document) {
  const functions = {};
  const search = (expression, args = []) =>
    new JsonFormula(functions).search(expression, document, { ...variables, $args: args });
  for (const [name, expression] of Object.entries(expressions)) {
    const anything = { types: [dataTypes.TYPE_ANY], optional: true, variadic: true };
    functions[name] = { _func: (args) => search(expression, args), _signature: [anything] };
  }
  return search;
}

function evaluate(document) {
  const search = searching(document);
  return Object.fromEntries(rules.map((rule) => [rule.id, judge(rule, search(rule.expression))]));
}

process.stdout.write(JSON.stringify(documents.map(evaluate)));
