import { ready } from "./ready.js";
import { setUp } from "./shell.js";

setUp();
ready();
