/**
 * Lua: the engine (PUC Lua 5.1, the one embedded in Redis, called through the FFM API), the sandbox
 * of scripts, and their access to the server. Only this package and server.memory call native code.
 * Commands use {@link io.redoubt.server.script.ScriptEngine}; effects of scripts on the data go
 * through {@link io.redoubt.server.script.ScriptHost}, so the package depends on no command and no
 * dispatcher.
 */
@NullMarked
package io.redoubt.server.script;

import org.jspecify.annotations.NullMarked;
