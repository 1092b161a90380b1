// A constitution as a tree, whether it came nested or as a list with parents.
export function treeOf(articles) {
    const nodes = new Map();
    function add(article, parent) {
        const { children = [], ...rest } = article;
        const node = { ...rest, parent: rest.parent ?? parent ?? null, children: [] };
        nodes.set(node.id, node);
        for (const child of children) add(child, node.id);
    }
    for (const article of articles ?? []) add(article, null);
    const roots = [];
    for (const node of nodes.values()) {
        const parent = node.parent == null ? null : nodes.get(node.parent);
        (parent ? parent.children : roots).push(node);
    }
    const number = (list, prefix) => list.forEach((node, i) => {
        node.number = prefix ? `${prefix}.${i + 1}` : String(i + 1);
        number(node.children, node.number);
    });
    number(roots, '');
    return { roots, nodes };
}

export const isImmutable = (article) => article.immutable === true || article.tier === 'immutable';
