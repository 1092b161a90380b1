// Every page, by address. `focus` pages show only what the one task needs.
export const routes = [
    { pattern: '/', load: () => import('./pages/landing.js'), areas: [] },
    { pattern: '/join', load: () => import('./pages/join.js'), areas: ['annotate'], focus: true },
    { pattern: '/annotate', load: () => import('./pages/studies.js'), areas: ['annotate'] },
    { pattern: '/annotate/:project', load: () => import('./pages/annotate/page.js'), areas: ['annotate'], focus: true },
    { pattern: '/me', load: () => import('./pages/me.js'), areas: ['annotate', 'me'] },
    { pattern: '/me/demographics', load: () => import('./pages/demographics.js'), areas: ['me'], focus: true },
    { pattern: '/constitution', load: () => import('./pages/constitutions.js'), areas: ['civic'] },
    { pattern: '/constitution/:community', load: () => import('./pages/constitution.js'), areas: ['civic'] },
    { pattern: '/amendments/:amendment', load: () => import('./pages/amendment.js'), areas: ['civic'] },
    { pattern: '/research', load: () => import('./pages/research/projects.js'), areas: ['research'] },
    { pattern: '/research/projects/:project', load: () => import('./pages/research/project.js'), areas: ['research'] },
    { pattern: '/research/models/:model', load: () => import('./pages/research/model.js'), areas: ['research'] },
];
