/* Python beside the page, so that the page never waits for it: a cell comes in, what it shows goes out. */
const home = new URL("../_live/", self.location.href).href;

const ready = (async () => {
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const fetched = fetch(`${home}project.zip`).then((answer) => answer.arrayBuffer());
  const python = await loadPyodide({ indexURL: home });
  python.unpackArchive(await fetched, "zip", { extractDir: "/project" });
  python.runPython('import os, sys; sys.path.insert(0, "/project/src"); os.chdir("/project/book/notebooks")');
  return python.pyimport("cmgdocs.live").Session;
})();

let session;

self.onmessage = async ({ data: { source, first } }) => {
  try {
    const Session = await ready;
    if (first) session = Session();
    self.postMessage(session.run(source).toJs());
  } catch (error) {
    self.postMessage([["text", `Python stopped: ${error}`]]);
  }
};
