/**
 * The reference of the distribution, pages of HTML written from the declarations while it is built:
 * directives, commands, metrics and events. Starts at {@link io.redoubt.dist.reference.Reference};
 * may import everything.
 */
@NullMarked
package io.redoubt.dist.reference;

import org.jspecify.annotations.NullMarked;
