/**
 * The PF commands and their self-test. Start at {@link
 * io.redoubt.server.command.hyperloglog.HyperLogLogCommands}; the structure itself is {@link
 * io.redoubt.server.structure.hyperloglog.HyperLogLog}.
 */
@NullMarked
package io.redoubt.server.command.hyperloglog;

import org.jspecify.annotations.NullMarked;
