// Starts Swagger UI on the document. A proxy may serve the API below a path prefix.
const root = new URL("../../", document.currentScript.src).href;

SwaggerUIBundle({
  url: `${root}schema/openapi.json`,
  dom_id: "#docs",
  deepLinking: true,
  // Tokens do not outlive the page.
  persistAuthorization: false,
  // The default asks another host whether the document is valid.
  validatorUrl: null,
  // The document's paths know of no prefix.
  requestInterceptor: (request) => {
    if (!request.loadSpec) {
      request.url = new URL(request.url, root).href.replace(`${location.origin}/`, root);
    }
    return request;
  },
});
