// Pages work without this; it makes some of them pleasanter.
import { initAll } from "./govuk-frontend.min.js";

initAll();
