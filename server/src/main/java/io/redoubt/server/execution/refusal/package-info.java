/**
 * The states in which a server refuses commands, including a lack of memory. Start reading at
 * {@link io.redoubt.server.execution.refusal.Refusal}.
 */
@NullMarked
package io.redoubt.server.execution.refusal;

import org.jspecify.annotations.NullMarked;
