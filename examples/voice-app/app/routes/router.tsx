import { createBrowserRouter } from 'react-router'
import { CartRoute } from './CartRoute.js'
import { CatalogueRoute } from './CatalogueRoute.js'
import { LabsRoute } from './LabsRoute.js'
import { Layout } from './Layout.js'
import { NotFoundRoute } from './NotFoundRoute.js'
import { OrdersRoute } from './OrdersRoute.js'
import { ProductRoute } from './ProductRoute.js'

export const router = createBrowserRouter([
  {
    element: <Layout />,
    children: [
      { path: '/', element: <CatalogueRoute /> },
      { path: '/product/:id', element: <ProductRoute /> },
      { path: '/cart', element: <CartRoute /> },
      { path: '/orders', element: <OrdersRoute /> },
      { path: '/labs', element: <LabsRoute /> },
      { path: '*', element: <NotFoundRoute /> },
    ],
  },
])
