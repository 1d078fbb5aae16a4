/** Tests of command execution. */
@NullMarked
package io.redoubt.server.execution;

import org.jspecify.annotations.NullMarked;
