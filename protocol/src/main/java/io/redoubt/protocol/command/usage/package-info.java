/**
 * The usage line of a command and the arguments that it declares, for COMMAND DOCS and HELP. Start
 * reading at {@link io.redoubt.protocol.command.usage.UsageLine}. Imports nothing of Redoubt.
 */
@NullMarked
package io.redoubt.protocol.command.usage;

import org.jspecify.annotations.NullMarked;
