#pragma once
// The command line client: `openbricks sql|tables|files|keys|login|logout`. It talks to a server
// over its public API only (docs/API.md).

namespace ob::cli {

// Runs one command. Results go to standard output; progress, counts and errors to standard error.
// Returns 0, 1 when the server or the system refused, 2 for wrong usage, 130 after Ctrl-C.
int cli_main(int argc, char** argv);

}  // namespace ob::cli
