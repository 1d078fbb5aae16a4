/**
 * EVAL, FCALL and their administration. Start at {@link
 * io.redoubt.server.command.script.ScriptCommands}; scripts are run by {@link
 * io.redoubt.server.execution.Scripting}.
 */
@NullMarked
package io.redoubt.server.command.script;

import org.jspecify.annotations.NullMarked;
