/** Tests of printing and of connections. */
@NullMarked
package io.redoubt.dist.cli.session;

import org.jspecify.annotations.NullMarked;
