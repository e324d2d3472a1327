declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  /** Draws the documentation of an OpenAPI document. */
  export default function SwaggerUI(options: Readonly<Record<string, unknown>>): void;
}
declare module '*.css';
