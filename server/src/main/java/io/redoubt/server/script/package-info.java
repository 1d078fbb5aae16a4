/**
 * Lua: the engine (PUC Lua 5.1, the one that Redis embeds, by way of the FFM API), the sandbox in
 * which scripts run, and what they see of the server. Native code is called here and in
 * server.memory only. Commands reach a script's world through {@link
 * io.redoubt.server.script.ScriptEngine}; what scripts do to the data goes through {@link
 * io.redoubt.server.script.CommandRunner}, so the package knows no command and no dispatcher.
 */
@NullMarked
package io.redoubt.server.script;

import org.jspecify.annotations.NullMarked;
