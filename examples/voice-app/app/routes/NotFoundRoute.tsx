import { Link } from 'react-router'
import { PageHeading } from '../components/PageHeading.js'

export function NotFoundRoute() {
  return (
    <div className="empty">
      <PageHeading title="Nothing on this shelf" />
      <p>The page you asked for does not exist, or no longer does.</p>
      <Link className="primary" to="/">
        Back to the shop
      </Link>
    </div>
  )
}
