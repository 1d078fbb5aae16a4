@NullMarked
package io.redoubt.dist.cli.help;

import org.jspecify.annotations.NullMarked;
