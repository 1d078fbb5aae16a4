/** Tests of the generated reference and of the Markdown pages. */
@NullMarked
package io.redoubt.dist.reference;

import org.jspecify.annotations.NullMarked;
