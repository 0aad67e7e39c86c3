import { useEffect, useRef } from 'react'
import { Link, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import { selectCartCount } from '../cart-lines.js'
import { News } from '../components/News.js'
import { useAppSelector } from '../hooks.js'

/** Header, footer and notifications around each page of the shop. */
export function Layout() {
  const main = useRef<HTMLElement>(null)
  useFocusOnRouteChange(main)
  return (
    <div className="shop">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="footer">
        <p>Mill Lane 7, by the old bridge. Tuesday to Saturday from ten.</p>
        <p>An example app: nothing is charged, nothing is sent.</p>
        <p>
          <Link to="/labs">Labs</Link>
        </p>
      </footer>
      <News />
      <ScrollRestoration />
    </div>
  )
}

function Header() {
  const count = useAppSelector(selectCartCount)
  return (
    <header className="header">
      <Link className="brand" to="/">
        Kettle <span aria-hidden="true">&amp;</span>
        <span className="visually-hidden">and</span> Clay
      </Link>
      <nav aria-label="Shop">
        <ul className="nav">
          <li>
            <NavLink to="/" end>
              Shop
            </NavLink>
          </li>
          <li>
            <NavLink to="/orders">Orders</NavLink>
          </li>
          <li>
            <NavLink to="/cart">
              Cart <span className="count">{count}</span>{' '}
              <span className="visually-hidden">{count === 1 ? 'item' : 'items'}</span>
            </NavLink>
          </li>
        </ul>
      </nav>
    </header>
  )
}

/** Focuses the heading after navigation, but not on the first page. */
function useFocusOnRouteChange(main: React.RefObject<HTMLElement | null>) {
  const { pathname } = useLocation()
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    main.current?.querySelector('h1')?.focus({ preventScroll: true })
  }, [pathname, main])
}
