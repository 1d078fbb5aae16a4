package io.redoubt.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Gives the application context of a Spring Boot test its own Redis, in place of {@code
 * spring.data.redis.*}: a bean {@code EmbeddedServer} or, with replicas or sentinels, {@code
 * EmbeddedGroup}, which lives as long as the context. It is emptied, and a group repaired, before
 * each test method. Tests that share it must not run concurrently.
 *
 * <pre>{@code
 * @DataRedisTest
 * @RedoubtConnection
 * class CartTest {
 *   @Autowired StringRedisTemplate redis;
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Import(RedoubtRegistrar.class)
public @interface RedoubtConnection {
  /** Returns the number of replicas. */
  int replicas() default 0;

  /** Returns the number of sentinels; if there are any, clients find the master through them. */
  int sentinels() default 0;

  /** Returns lines of redis.conf, such as {@code "maxmemory 10mb"}. */
  String[] config() default {};
}
