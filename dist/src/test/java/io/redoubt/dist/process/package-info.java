/**
 * Tests of whole processes, run on the staged distribution ({@code redoubt.home}) and on the
 * archive. Start reading at {@link io.redoubt.dist.process.Nodes}.
 */
@NullMarked
package io.redoubt.dist.process;

import org.jspecify.annotations.NullMarked;
