/**
 * Data servers inside a Java test or application; start reading at {@link
 * io.redoubt.embedded.Redoubt}. Public classes of this package are the API that users compile
 * against. Imports the modules that make up a server.
 */
@NullMarked
package io.redoubt.embedded;

import org.jspecify.annotations.NullMarked;
