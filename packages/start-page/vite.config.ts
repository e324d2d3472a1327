import { defineConfig } from 'vite';

/** Two pages and their files; packages of the repository are taken from their sources. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    target: 'es2023',
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: { index: 'index.html', docs: 'docs.html' } },
  },
});
