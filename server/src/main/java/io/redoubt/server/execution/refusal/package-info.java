/**
 * The states in which a server refuses commands, including a shortage of memory. Start at {@link
 * io.redoubt.server.execution.refusal.Refusal}.
 */
@NullMarked
package io.redoubt.server.execution.refusal;

import org.jspecify.annotations.NullMarked;
