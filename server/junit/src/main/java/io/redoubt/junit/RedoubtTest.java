package io.redoubt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the tests of a class a server, or the servers that {@link RedoubtServers} describes, for
 * the lifetime of the class. Parameters of test methods, lifecycle methods and constructors may
 * have the types {@link java.net.InetSocketAddress} (the address of the server or the master; in a
 * cluster, of one of the masters), {@link java.net.URI} (for a client; the URI of the sentinels if
 * there are any, or of all nodes of a cluster), {@link io.redoubt.embedded.EmbeddedServer}, {@link
 * io.redoubt.embedded.EmbeddedGroup} and {@link io.redoubt.embedded.EmbeddedCluster}.
 *
 * <p>Each test starts with empty servers. Concurrent tests of a class get separate servers. A
 * failing test prints the latest lines of the log and the last slow commands to the standard error
 * stream.
 *
 * <pre>{@code
 * @RedoubtTest
 * class CartTest {
 *   @Test
 *   void remembers(URI redis) {
 *     RedisClient client = RedisClient.create(redis.toString());
 *   }
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedoubtExtension.class)
public @interface RedoubtTest {}
