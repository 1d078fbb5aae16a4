/**
 * Tests of whole processes, on the staged distribution ({@code redoubt.home}) and on the archive.
 */
@NullMarked
package io.redoubt.dist.process;

import org.jspecify.annotations.NullMarked;
