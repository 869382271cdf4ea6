import { stub } from "./stub";

stub(window as never, "ttq");
