// A small JSON Schema 2020-12 checker for the project's own schemas in tests: the keywords they use and no other. An
// unknown keyword throws, so that a schema never asks for more than is checked. Returns a list of {pointer, detail}.
const ANNOTATIONS = new Set(['$schema', '$id', '$defs', 'title', 'description', 'default', 'examples', 'format']);

const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array'
    : Number.isInteger(value) ? 'integer' : typeof value);
const isType = (value, type) => typeOf(value) === type || (type === 'number' && typeOf(value) === 'integer');
const escape = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');
const length = (text) => [...text].length;

// Keywords of one value: (value, argument, context) -> true when it holds, or what to say.
const VALUE = {
    type: (v, a) => [].concat(a).some((one) => isType(v, one)) || `must be ${[].concat(a).join(' or ')}`,
    const: (v, a) => JSON.stringify(v) === JSON.stringify(a) || `must be ${JSON.stringify(a)}`,
    enum: (v, a) => a.some((one) => JSON.stringify(one) === JSON.stringify(v)) || `must be one of ${a.join(', ')}`,
    minLength: (v, a) => typeof v !== 'string' || length(v) >= a || `must have at least ${a} characters`,
    maxLength: (v, a) => typeof v !== 'string' || length(v) <= a || `must have at most ${a} characters`,
    pattern: (v, a) => typeof v !== 'string' || new RegExp(a, 'u').test(v) || `must match ${a}`,
    minimum: (v, a) => typeof v !== 'number' || v >= a || `must be at least ${a}`,
    maximum: (v, a) => typeof v !== 'number' || v <= a || `must be at most ${a}`,
    minItems: (v, a) => !Array.isArray(v) || v.length >= a || `must have at least ${a} items`,
    maxItems: (v, a) => !Array.isArray(v) || v.length <= a || `must have at most ${a} items`,
    uniqueItems: (v, a) => !a || !Array.isArray(v) || new Set(v.map((one) => JSON.stringify(one))).size === v.length
        || 'must not repeat an item',
    minProperties: (v, a) => typeOf(v) !== 'object' || Object.keys(v).length >= a || `must have at least ${a} members`,
    maxProperties: (v, a) => typeOf(v) !== 'object' || Object.keys(v).length <= a || `must have at most ${a} members`,
    required: (v, a) => typeOf(v) !== 'object' || a.every((key) => Object.hasOwn(v, key))
        || `must have ${a.filter((key) => !Object.hasOwn(v, key)).join(', ')}`,
};

// Keywords that look inside: (value, argument, schema, check, pointer) -> errors.
const INSIDE = {
    properties: (v, a, schema, check, at) => (typeOf(v) !== 'object' ? [] : Object.entries(a).flatMap(([key, sub]) => (
        Object.hasOwn(v, key) ? check(v[key], sub, `${at}/${escape(key)}`) : []))),
    additionalProperties: (v, a, schema, check, at) => (typeOf(v) !== 'object' ? [] : Object.keys(v)
        .filter((key) => !Object.hasOwn(schema.properties ?? {}, key)).flatMap((key) => (
            a === false ? [{ pointer: `${at}/${escape(key)}`, detail: 'is not known' }]
                : a === true ? [] : check(v[key], a, `${at}/${escape(key)}`)))),
    propertyNames: (v, a, schema, check, at) => (typeOf(v) !== 'object' ? [] : Object.keys(v)
        .flatMap((key) => check(key, a, `${at}/${escape(key)}`))),
    items: (v, a, schema, check, at) => (Array.isArray(v) ? v.flatMap((one, i) => check(one, a, `${at}/${i}`)) : []),
    anyOf: (v, a, schema, check, at) => {
        const tried = a.map((sub) => check(v, sub, at));
        return tried.some((errors) => errors.length === 0) ? [] : tried[0];
    },
    allOf: (v, a, schema, check, at) => a.flatMap((sub) => check(v, sub, at)),
    oneOf: (v, a, schema, check, at) => {
        const n = a.filter((sub) => check(v, sub, at).length === 0).length;
        return n === 1 ? [] : [{ pointer: at, detail: `must have exactly one of ${a.length} forms, has ${n}` }];
    },
    if: (v, a, schema, check, at) => {
        const branch = check(v, a, at).length === 0 ? schema.then : schema.else;
        return branch ? check(v, branch, at) : [];
    },
    then: () => [],
    else: () => [],
};

export function validate(value, root) {
    function resolve(ref) {
        if (!ref.startsWith('#/')) throw new Error(`only references within the schema: ${ref}`);
        return ref.slice(2).split('/').reduce((node, key) => node[key], root);
    }
    function check(v, schema, pointer) {
        return Object.entries(schema).flatMap(([keyword, argument]) => {
            if (ANNOTATIONS.has(keyword)) return [];
            if (keyword === '$ref') return check(v, resolve(argument), pointer);
            if (INSIDE[keyword]) return INSIDE[keyword](v, argument, schema, check, pointer);
            if (!VALUE[keyword]) throw new Error(`keyword not checked here: ${keyword}`);
            const held = VALUE[keyword](v, argument);
            return held === true ? [] : [{ pointer, detail: held }];
        });
    }
    return check(value, root, '');
}
